/**
 * Offsets of the engine's structures that a snapshot follows and a trace does not need, in bytes, for one build
 * (non-thread-safe, x86-64). `null` where the version has no such thing.
 */
export interface Structures {
  /** zend_executor_globals (Zend/zend_globals.h), besides EngineLayout's. */
  readonly eg: {
    /** HashTable of resources that outlive a request; a zval ptr to zend_resource each. */
    readonly persistentList: number;
    /** HashTable of the request's resources. */
    readonly regularList: number;
    /** zval. */
    readonly userErrorHandler: number;
    readonly userExceptionHandler: number;
    /** zend_stack of zvals: { int size, top, max; void *elements }. */
    readonly userErrorHandlers: number;
    readonly userExceptionHandlers: number;
    /** zend_object pointer. */
    readonly exception: number;
    /** zend_objects_store: { zend_object **object_buckets; uint32_t top, size; int free_list_head }. */
    readonly objectsStore: number;
    /** Pointer to the HashTable of zend_constant. */
    readonly zendConstants: number;
    /** Pointer to the HashTable of zend_ini_entry. */
    readonly iniDirectives: number;
    /** zend_fiber pointer. */
    readonly activeFiber: number | null;
    /** HashTable: object address shifted right by `weakKeyShift` to what refers to it weakly. */
    readonly weakrefs: number;
    /** HashTable: handle of a lazy object to its zend_lazy_object_info. */
    readonly lazyObjects: number | null;
  };
  /** zend_compiler_globals. */
  readonly cg: {
    readonly mapPtrBase: number;
    /** HashTable of strings interned in this request. */
    readonly internedStrings: number;
    /** Pointer to the zend_arena of compiled code: { char *ptr, *end; zend_arena *prev }. */
    readonly arena: number;
  };
  readonly opArray: {
    readonly fnFlags: number;
    /** Map pointer to the live HashTable pointer; in 7.4 to 8.0 see `mapPtr`. */
    readonly staticVariablesPtr: number;
    /** HashTable pointer: the initial values. */
    readonly staticVariables: number;
    /** Array of zend_string pointers: names of the compiled variables. */
    readonly vars: number;
    readonly lastVar: number;
    /** Number of temporaries. */
    readonly temporaries: number;
    readonly literals: number;
    readonly lastLiteral: number;
    /** Map pointer. */
    readonly runTimeCache: number;
    /** Array of op_array pointers: closures and functions declared inside. */
    readonly dynamicFuncDefs: number | null;
    readonly numDynamicFuncDefs: number | null;
    /** sizeof(zend_op_array). */
    readonly sizeBytes: number;
  };
  readonly classEntry: {
    readonly type: number;
    readonly parent: number;
    readonly flags: number;
    readonly defaultPropertiesCount: number;
    readonly defaultStaticMembersCount: number;
    readonly defaultPropertiesTable: number;
    readonly defaultStaticMembersTable: number;
    /** Map pointer to the zval table of static members. */
    readonly staticMembersTable: number;
    /** HashTable: name to zend_property_info. */
    readonly propertiesInfo: number;
    /** HashTable: name to zend_class_constant, which begins with its zval. */
    readonly constantsTable: number;
    /** Map pointer to zend_class_mutable_data { zval *default_properties_table; HashTable *constants_table; … }. */
    readonly mutableData: number | null;
  };
  readonly propertyInfo: {
    /** uint32: from the start of the object for instance properties, an index for static ones. */
    readonly offset: number;
    readonly flags: number;
    readonly name: number;
    readonly ce: number;
    /** ZEND_ACC_STATIC. */
    readonly staticFlag: number;
  };
  /** zend_closure (Zend/zend_closures.c). */
  readonly closure: { readonly func: number; readonly thisPtr: number; readonly calledScope: number };
  /** zend_generator (Zend/zend_generators.h). executeData is 0 in one that has finished. */
  readonly generator: {
    readonly executeData: number;
    readonly value: number;
    readonly key: number;
    readonly retval: number;
    readonly sendTarget: number;
    readonly values: number;
  };
  /** zend_fiber (Zend/zend_fibers.h). */
  readonly fiber: {
    /** Innermost frame while the fiber is suspended. */
    readonly executeData: number;
    /** The frame at the bottom: it stands in the first page of the fiber's VM stack, right after the page's header. */
    readonly stackBottom: number;
    /** zend_fcall_info: its function_name zval. */
    readonly callable: number;
    /** zval. */
    readonly result: number;
  } | null;
  /**
   * How a map pointer's raw value is read. `base`: odd values are offsets from CG(map_ptr_base) (after adding
   * `baseCorrection`), of the word that holds the pointer. Even values: `slot` is the address of that word, `direct`
   * the pointer itself.
   */
  readonly mapPtr: { readonly baseCorrection: number; readonly even: 'slot' | 'direct' };
  /** Type number of a zval that points to another one (IS_INDIRECT, Zend/zend_types.h). */
  readonly indirectType: 12 | 13;
  /**
   * Address in the process of the gc_globals: { gc_root_buffer *buf; … uint32_t buf_size at 24 }; its buffer holds no
   * references.
   */
  readonly gcGlobals: number | null;
  /** zend_resource: handle is 64 bits from 8.1 on. */
  readonly resource: { readonly type: number; readonly ptr: number };
  /** zend_weakmap and its std; keys of the table are object addresses shifted right by `keyShift`. */
  readonly weakMap: { readonly table: number; readonly std: number; readonly keyShift: number } | null;
  /** basic_globals (ext/standard): HashTable pointer of shutdown functions; null where it cannot be told. */
  readonly shutdownFunctions: number | null;
}
