/** What a name costs beside its characters, about. */
const ENTRY_CHARACTERS = 40;

/**
 * Numbers for names, counted from 0. A name that comes again gets the number it had, as long as it is remembered: only
 * so many characters are, those that came last. Given the same names in the same order it gives the same numbers.
 */
export class RecentNames {
  private recent = new Map<string, number>();
  private older = new Map<string, number>();
  private characters = 0;
  private next = 0;

  /** At most twice `most` characters are remembered. */
  constructor(private readonly most: number) {}

  /** So many numbers were given. */
  get size(): number {
    return this.next;
  }

  /** A number equal to what `size` was before means that the name is new. */
  numberOf(name: string): number {
    const known = this.recent.get(name);
    if (known !== undefined) return known;
    const number = this.older.get(name) ?? this.next++;
    this.characters += name.length + ENTRY_CHARACTERS;
    if (this.characters > this.most) {
      this.older = this.recent;
      this.recent = new Map();
      this.characters = name.length + ENTRY_CHARACTERS;
    }
    this.recent.set(name, number);
    return number;
  }
}
