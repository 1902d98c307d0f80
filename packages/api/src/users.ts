/** The file of the console's users, apart from the routers: what a command line needs starts in a moment. */
export { ConsoleKeyError, forgetOldConsoleKeys, rotateConsoleKey } from './access/console-key.ts'
export { type Role, roles } from './access/permissions.ts'
export { defaultUserFilePath, UserFile, UserFileError } from './access/user-file.ts'
