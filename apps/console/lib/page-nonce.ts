/** The nonce of this page's policy, for the styles that a library makes at run time. It is read back from a script that has it. */
export function pageNonce(): string {
  return document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? ''
}
