/**
 * Offsets of the structures that only a snapshot reads, by minor version (non-thread-safe, x86-64), for what the
 * machine code does not show. Read in php-src's headers and checked by reading a running program back
 * (test/integration/structures.test.ts), on the builds named at each row. `null` where the version has no such thing.
 */
export interface StructuresVersion {
  readonly minor: string;
  readonly checkedOn: readonly string[];
  /** Zend/zend_globals.h */
  readonly eg: {
    readonly regularList: number;
    readonly userExceptionHandler: number;
    readonly exception: number;
    readonly objectsStore: number;
    readonly zendConstants: number;
    readonly iniDirectives: number;
    readonly activeFiber: number | null;
    readonly weakrefs: number;
    readonly lazyObjects: number | null;
  };
  readonly cg: { readonly mapPtrBase: number; readonly arena: number };
  /** Zend/zend_compile.h */
  readonly opArray: {
    readonly temporaries: number;
    readonly lastVar: number;
    readonly lastLiteral: number;
    readonly literals: number;
    readonly runTimeCache: number;
    readonly numDynamicFuncDefs: number | null;
    readonly dynamicFuncDefs: number | null;
    readonly sizeBytes: number;
  };
  /** Zend/zend.h: zend_class_entry.mutable_data__ptr. */
  readonly mutableData: number | null;
  /** Zend/zend_compile.h: zend_property_info.ce. */
  readonly propertyInfoCe: number;
  /** Zend/zend_generators.h: zend_generator.execute_data; the rest follows it in every version. */
  readonly generator: number;
  /** Zend/zend_fibers.h: zend_fiber. */
  readonly fiber: {
    readonly callable: number;
    readonly executeData: number;
    readonly result: number;
  } | null;
  /** Zend/zend_map_ptr.h */
  readonly mapPtr: { readonly baseCorrection: number; readonly even: 'slot' | 'direct' };
  /** Zend/zend_types.h: IS_INDIRECT, zend_resource.type. */
  readonly indirectType: 12 | 13;
  readonly resourceType: number;
  /** Zend/zend_weakrefs.h: ZEND_MM_ALIGNMENT_LOG2 where keys are shifted. */
  readonly weakKeyShift: number;
}

/** The row of a full version such as `8.2.36`, or undefined for a minor version that nobody has checked. */
export function structuresVersion(version: string): StructuresVersion | undefined {
  return ROWS.find(({ minor }) => version.startsWith(`${minor}.`));
}

const EG_TO_8_2 = {
  regularList: 560,
  userExceptionHandler: 696,
  exception: 864,
  objectsStore: 840,
  zendConstants: 448,
  iniDirectives: 816,
  lazyObjects: null,
} as const;

const ROWS: readonly StructuresVersion[] = [
  {
    minor: '7.4',
    checkedOn: ['7.4.33'],
    eg: { ...EG_TO_8_2, activeFiber: null, weakrefs: 1552 },
    cg: { mapPtrBase: 528, arena: 384 },
    opArray: {
      temporaries: 56,
      lastVar: 52,
      lastLiteral: 160,
      literals: 168,
      runTimeCache: 72,
      numDynamicFuncDefs: null,
      dynamicFuncDefs: null,
      sizeBytes: 224,
    },
    mutableData: null,
    propertyInfoCe: 24,
    generator: 64,
    fiber: null,
    mapPtr: { baseCorrection: -1, even: 'slot' },
    indirectType: 13,
    resourceType: 12,
    weakKeyShift: 0,
  },
  {
    minor: '8.0',
    checkedOn: ['8.0.30'],
    eg: { ...EG_TO_8_2, activeFiber: null, weakrefs: 1552 },
    cg: { mapPtrBase: 472, arena: 328 },
    opArray: {
      temporaries: 64,
      lastVar: 60,
      lastLiteral: 168,
      literals: 176,
      runTimeCache: 80,
      numDynamicFuncDefs: null,
      dynamicFuncDefs: null,
      sizeBytes: 232,
    },
    mutableData: null,
    propertyInfoCe: 32,
    generator: 56,
    fiber: null,
    mapPtr: { baseCorrection: 0, even: 'slot' },
    indirectType: 12,
    resourceType: 12,
    weakKeyShift: 0,
  },
  {
    minor: '8.1',
    checkedOn: ['8.1.29'],
    eg: { ...EG_TO_8_2, activeFiber: 1672, weakrefs: 1560 },
    cg: { mapPtrBase: 480, arena: 328 },
    opArray: {
      temporaries: 64,
      lastVar: 60,
      lastLiteral: 168,
      literals: 176,
      runTimeCache: 80,
      numDynamicFuncDefs: 172,
      dynamicFuncDefs: 184,
      sizeBytes: 240,
    },
    mutableData: 232,
    propertyInfoCe: 32,
    generator: 56,
    fiber: { callable: 176, executeData: 264, result: 280 },
    mapPtr: { baseCorrection: 0, even: 'slot' },
    indirectType: 12,
    resourceType: 16,
    weakKeyShift: 0,
  },
  {
    minor: '8.2',
    checkedOn: ['8.2.20', '8.2.36'],
    eg: { ...EG_TO_8_2, activeFiber: 1680, weakrefs: 1568 },
    cg: { mapPtrBase: 480, arena: 328 },
    opArray: {
      temporaries: 56,
      lastVar: 76,
      lastLiteral: 176,
      literals: 184,
      runTimeCache: 64,
      numDynamicFuncDefs: 180,
      dynamicFuncDefs: 192,
      sizeBytes: 248,
    },
    mutableData: 232,
    propertyInfoCe: 32,
    generator: 56,
    fiber: { callable: 192, executeData: 280, result: 304 },
    mapPtr: { baseCorrection: 0, even: 'direct' },
    indirectType: 12,
    resourceType: 16,
    weakKeyShift: 3,
  },
  {
    minor: '8.3',
    checkedOn: ['8.3.8'],
    eg: {
      regularList: 568,
      userExceptionHandler: 704,
      exception: 864,
      objectsStore: 840,
      zendConstants: 448,
      iniDirectives: 816,
      activeFiber: 1664,
      weakrefs: 1560,
      lazyObjects: null,
    },
    cg: { mapPtrBase: 480, arena: 328 },
    opArray: {
      temporaries: 64,
      lastVar: 72,
      lastLiteral: 168,
      literals: 176,
      runTimeCache: 56,
      numDynamicFuncDefs: 172,
      dynamicFuncDefs: 184,
      sizeBytes: 240,
    },
    mutableData: 232,
    propertyInfoCe: 32,
    generator: 56,
    fiber: { callable: 192, executeData: 288, result: 312 },
    mapPtr: { baseCorrection: 0, even: 'direct' },
    indirectType: 12,
    resourceType: 16,
    weakKeyShift: 3,
  },
  {
    minor: '8.4',
    checkedOn: ['8.4.14'],
    eg: {
      regularList: 584,
      userExceptionHandler: 720,
      exception: 936,
      objectsStore: 856,
      zendConstants: 448,
      iniDirectives: 832,
      activeFiber: 1752,
      weakrefs: 1648,
      lazyObjects: 880,
    },
    cg: { mapPtrBase: 512, arena: 360 },
    opArray: {
      temporaries: 72,
      lastVar: 92,
      lastLiteral: 184,
      literals: 192,
      runTimeCache: 56,
      numDynamicFuncDefs: 188,
      dynamicFuncDefs: 200,
      sizeBytes: 256,
    },
    mutableData: 232,
    propertyInfoCe: 32,
    generator: 56,
    fiber: { callable: 192, executeData: 288, result: 312 },
    mapPtr: { baseCorrection: 0, even: 'direct' },
    indirectType: 12,
    resourceType: 16,
    weakKeyShift: 3,
  },
  {
    minor: '8.5',
    checkedOn: ['8.5.2'],
    eg: {
      regularList: 608,
      userExceptionHandler: 744,
      exception: 960,
      objectsStore: 880,
      zendConstants: 472,
      iniDirectives: 856,
      activeFiber: 1776,
      weakrefs: 1672,
      lazyObjects: 904,
    },
    cg: { mapPtrBase: 512, arena: 360 },
    opArray: {
      temporaries: 72,
      lastVar: 92,
      lastLiteral: 184,
      literals: 192,
      runTimeCache: 56,
      numDynamicFuncDefs: 188,
      dynamicFuncDefs: 200,
      sizeBytes: 256,
    },
    mutableData: 232,
    propertyInfoCe: 32,
    generator: 56,
    fiber: { callable: 192, executeData: 288, result: 312 },
    mapPtr: { baseCorrection: 0, even: 'direct' },
    indirectType: 12,
    resourceType: 16,
    weakKeyShift: 3,
  },
];
