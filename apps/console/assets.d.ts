/** What is imported for its effect, or as a file: the bundler knows them, TypeScript is told. */
declare module '*.css'
