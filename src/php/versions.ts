/**
 * What differs between minor versions of PHP (non-thread-safe, x86-64) and may not show in the machine code. Offsets
 * in bytes, measured on the builds named at each row by running them and reading their memory back. A patch release
 * can differ: what a binary shows wins over this table, and the layout says so.
 */
export interface EngineVersion {
  /** `8.2`. */
  readonly minor: string;
  /** The builds that the row was checked on. */
  readonly checkedOn: readonly string[];
  /** executor_globals (Zend/zend_globals.h). */
  readonly eg: {
    readonly symbolTable: number;
    readonly includedFiles: number;
    readonly functionTable: number;
    readonly classTable: number;
    readonly vmStackTop: number;
    readonly currentExecuteData: number;
  };
  /** zend_op_array (Zend/zend_compile.h). */
  readonly opArray: {
    readonly opcodes: number;
    readonly filename: number;
    readonly refcount: number;
    readonly last: number;
  };
  /** zend_class_entry's info.user.filename (Zend/zend.h). */
  readonly classFilename: number;
  /** Elements of packed arrays: a Bucket up to 8.1, a zval from 8.2 on (Zend/zend_types.h). */
  readonly packedElementBytes: 16 | 32;
}

/** The row of a full version such as `8.2.36`, or undefined for a minor version that nobody has checked. */
export function engineVersion(version: string): EngineVersion | undefined {
  return ENGINE_VERSIONS.find(({ minor }) => version.startsWith(`${minor}.`));
}

/** The oldest minor version that is known, where this one is older still; undefined where it is not. */
export function oldestKnown(version: string): string | undefined {
  const [oldest] = ENGINE_VERSIONS;
  const isOlder = oldest !== undefined && version.localeCompare(oldest.minor, 'en', { numeric: true }) < 0;
  return isOlder ? oldest.minor : undefined;
}

const ENGINE_VERSIONS: readonly EngineVersion[] = [
  {
    minor: '7.4',
    checkedOn: ['7.4.33'],
    eg: {
      symbolTable: 304,
      includedFiles: 360,
      functionTable: 432,
      classTable: 440,
      vmStackTop: 456,
      currentExecuteData: 488,
    },
    opArray: { opcodes: 64, filename: 136, refcount: 104, last: 60 },
    classFilename: 432,
    packedElementBytes: 32,
  },
  {
    minor: '8.0',
    checkedOn: ['8.0.30'],
    eg: {
      symbolTable: 304,
      includedFiles: 360,
      functionTable: 432,
      classTable: 440,
      vmStackTop: 456,
      currentExecuteData: 488,
    },
    opArray: { opcodes: 72, filename: 144, refcount: 112, last: 68 },
    classFilename: 440,
    packedElementBytes: 32,
  },
  {
    minor: '8.1',
    checkedOn: ['8.1.29'],
    eg: {
      symbolTable: 304,
      includedFiles: 360,
      functionTable: 432,
      classTable: 440,
      vmStackTop: 456,
      currentExecuteData: 488,
    },
    opArray: { opcodes: 72, filename: 144, refcount: 112, last: 68 },
    classFilename: 472,
    packedElementBytes: 32,
  },
  {
    minor: '8.2',
    checkedOn: ['8.2.20', '8.2.36'],
    eg: {
      symbolTable: 304,
      includedFiles: 360,
      functionTable: 432,
      classTable: 440,
      vmStackTop: 456,
      currentExecuteData: 488,
    },
    opArray: { opcodes: 88, filename: 152, refcount: 120, last: 80 },
    classFilename: 480,
    packedElementBytes: 16,
  },
  {
    minor: '8.3',
    checkedOn: ['8.3.8'],
    eg: {
      symbolTable: 304,
      includedFiles: 360,
      functionTable: 432,
      classTable: 440,
      vmStackTop: 456,
      currentExecuteData: 488,
    },
    opArray: { opcodes: 80, filename: 144, refcount: 112, last: 76 },
    classFilename: 488,
    packedElementBytes: 16,
  },
  {
    minor: '8.4',
    checkedOn: ['8.4.14'],
    eg: {
      symbolTable: 304,
      includedFiles: 360,
      functionTable: 432,
      classTable: 440,
      vmStackTop: 456,
      currentExecuteData: 488,
    },
    opArray: { opcodes: 104, filename: 168, refcount: 136, last: 96 },
    classFilename: 504,
    packedElementBytes: 16,
  },
  {
    minor: '8.5',
    checkedOn: ['8.5.2'],
    eg: {
      symbolTable: 304,
      includedFiles: 360,
      functionTable: 456,
      classTable: 464,
      vmStackTop: 480,
      currentExecuteData: 512,
    },
    opArray: { opcodes: 104, filename: 168, refcount: 136, last: 96 },
    classFilename: 504,
    packedElementBytes: 16,
  },
];
