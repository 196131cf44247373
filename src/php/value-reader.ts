import type { EngineCode } from './engine-code.js';
import type { ProofBook } from './layout-proof.js';
import type { StructuresVersion } from './structure-versions.js';
import type { Structures } from './structures.js';

/** Reads how map pointers, indirect zvals, resources and weak maps are laid out, each with its proof. */
export class ValueReader {
  constructor(
    readonly code: EngineCode,
    readonly book: ProofBook,
    readonly known: StructuresVersion,
  ) {}

  /** zend_class_init_statics resolves the map pointer of a class: it looks behind an even one, or takes it as it is. */
  mapPtr(): Structures['mapPtr'] {
    const { mapPtr } = this.known;
    const code = this.code.accesses('zend_class_init_statics', 'argument0');
    const behind = code.some(({ path }) => path.length === 2 && path[0] === STATIC_MEMBERS && path[1] === 0);
    const even = code.length === 0 ? mapPtr.even : behind ? 'slot' : 'direct';
    const proof = behind
      ? 'zend_class_init_statics reads what it points to'
      : 'zend_class_init_statics takes it as it is';
    this.book.say('mapPtr.even', even, code.length === 0 ? 'from the table of versions' : proof);
    const sums = this.code.instructions('zend_class_init_statics').flatMap(({ operands }) =>
      operands.flatMap((operand) => {
        if (operand.kind !== 'memory' || operand.index === undefined || operand.scale !== 1) return [];
        return operand.sizeBytes === 8 ? [operand.displacement] : [];
      }),
    );
    return {
      baseCorrection: this.book.oneOrKnown(
        'mapPtr.baseCorrection',
        sums,
        'zend_class_init_statics adds it to base and raw value',
        mapPtr.baseCorrection,
      ),
      even,
    };
  }

  /** zend_hash_del_ind compares an element's type with it. */
  indirectType(): Structures['indirectType'] {
    const compared = this.code.instructions('zend_hash_del_ind').flatMap(({ mnemonic, operands }) => {
      return mnemonic === 'cmp' ? operands.flatMap((one) => (one.kind === 'immediate' ? [one.value] : [])) : [];
    });
    const found = compared.filter((value) => value === 12 || value === 13);
    const proof = 'zend_hash_del_ind compares types with it';
    return this.book.oneOrKnown('indirectType', found, proof, this.known.indirectType) === 13 ? 13 : 12;
  }

  resource(): Structures['resource'] {
    const read = this.code.accesses('zend_fetch_resource', 'argument0').filter(({ path }) => path.length === 1);
    const member = (sizeBytes: number): number[] =>
      read.filter((access) => access.sizeBytes === sizeBytes).flatMap(({ path }) => path);
    const { resourceType } = this.known;
    return {
      type: this.book.oneOrKnown('resource.type', member(4), 'zend_fetch_resource compares it', resourceType),
      ptr: this.book.oneOrKnown(
        'resource.ptr',
        member(8),
        'zend_fetch_resource returns it',
        resourceType === 12 ? 16 : 24,
      ),
    };
  }

  /** WeakMap came with 8.0, zend_weakrefs_hash_add with one of its patches. */
  weakMap(): Structures['weakMap'] {
    if (this.code.disassembler.image.symbol('zend_weakrefs_hash_add') === undefined) return null;
    const shifts = this.code.instructions('zend_weakrefs_hash_add').flatMap(({ mnemonic, operands: [, by] }) => {
      return (mnemonic === 'shr' || mnemonic === 'sar') && by?.kind === 'immediate' ? [by.value] : [];
    });
    const why = 'the same from 8.0 to 8.5';
    return {
      table: this.book.note('weakMap.table', 0, why),
      std: this.book.note('weakMap.std', 56, why),
      keyShift: this.book.oneOrKnown(
        'weakMap.keyShift',
        shifts.length === 0 ? [0] : shifts,
        shifts.length === 0
          ? 'zend_weakrefs_hash_add shifts no key'
          : 'zend_weakrefs_hash_add shifts the address by it',
        this.known.weakKeyShift,
      ),
    };
  }
}

/** zend_class_entry.static_members_table__ptr, in every version. */
const STATIC_MEMBERS = 56;
