import { PhptraceError } from '../errors.js';

/** One number of a layout, and how it is known: `phptrace doctor` prints it. */
export interface LayoutProof {
  /** As in the layout: `eg.currentExecuteData`. */
  readonly field: string;
  readonly value: number | string;
  /** One sentence. */
  readonly proof: string;
}

/** Collects the proofs of a layout while it is derived. */
export class ProofBook {
  readonly proofs: LayoutProof[] = [];

  /** @param subject what errors say could not be derived: `/usr/bin/php8.2: the heap`. */
  constructor(readonly subject: string) {}

  note(field: string, value: number, proof: string): number {
    this.proofs.push({ field, value, proof });
    return value;
  }

  /** What is no number: `mapPtr.even` is `slot`. */
  say<Word extends string>(field: string, value: Word, proof: string): Word {
    this.proofs.push({ field, value, proof });
    return value;
  }

  /** The only candidate; throws PhptraceError that names the field where there is none, or more than one. */
  one(field: string, candidates: Iterable<number>, proof: string): number {
    const found = new Set(candidates);
    const [value, ...others] = found;
    if (value !== undefined && others.length === 0) return this.note(field, value, proof);
    throw this.error(field, `the code shows ${listed(found)} for "${proof}"`);
  }

  /**
   * The only candidate, which wins over the table, or the table's value where the code shows none, or shows several of
   * which it is one. Throws PhptraceError where the code shows several others.
   */
  oneOrKnown(field: string, candidates: Iterable<number>, proof: string, known: number): number {
    const found = new Set(candidates);
    const [value] = found;
    if (value === undefined) return this.note(field, known, 'from the table of versions; the code does not show it');
    if (found.size === 1) {
      return this.note(field, value, value === known ? proof : `${proof}; the table of versions says ${known}`);
    }
    if (found.has(known)) return this.note(field, known, `from the table of versions; ${proof}, among others`);
    throw this.error(field, `the code shows ${listed(found)} for "${proof}", the table of versions says ${known}`);
  }

  error(field: string, why: string): PhptraceError {
    return new PhptraceError(
      `${this.subject}: cannot derive the layout's ${field}: ${why}: this build of PHP is not supported yet`,
    );
  }
}

function listed(values: ReadonlySet<number>): string {
  return values.size === 0 ? 'nothing' : [...values].join(', ');
}
