/** How a text is coloured. The seed's report has bracketed numbers in red and frees of earlier loops in blue. */
export interface Palette {
  readonly red: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** Terminal colours (ECMA-48 SGR), or none. */
export function palette(color: boolean): Palette {
  const paint = (code: number) => (text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { red: paint(31), blue: paint(34), bold: paint(1) };
}

/** A text of the traced process made harmless for a terminal: control characters are spelled out. */
export function printable(text: string): string {
  // C0 and C1 controls, and the marks that turn the writing direction around.
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** `file:line`, or words where no PHP code was running. */
export function place(at: { readonly file: string | null; readonly line: number }): string {
  return at.file === null ? '(no PHP code)' : `${printable(at.file)}:${at.line}`;
}
