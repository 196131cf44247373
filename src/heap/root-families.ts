/** As many roots may differ by a number only and keep their names; more are data. */
const MOST_NAMES = 8;
/** Numbers but those of lines, and what looks like a hash. */
const NUMBERS = /[0-9a-f]{8,}|(?<![:\d])\d+/g;

/**
 * Names of roots. Where many differ by a number or a hash only, as `$GLOBALS['page_17']` and `resource #12` may, the
 * number stands for nothing, and they are one: `$GLOBALS['page_*']`.
 */
export class RootFamilies {
  private readonly families = new Map<string, Set<string>>();

  /** All names have to be told before one is asked for. */
  add(name: string): void {
    const family = familyOf(name);
    if (family === name) return;
    const names = this.families.get(family);
    if (names === undefined) this.families.set(family, new Set([name]));
    else if (names.size <= MOST_NAMES) names.add(name);
  }

  nameOf(name: string): string {
    const family = familyOf(name);
    return (this.families.get(family)?.size ?? 0) > MOST_NAMES ? family : name;
  }
}

function familyOf(name: string): string {
  return name.replace(NUMBERS, '*');
}
