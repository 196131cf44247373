import type { MemoryImage } from '../image.js';
import { forEachElement } from './hash-table.js';
import { readName } from './strings.js';

/** What is known of a class, by its zend_class_entry. */
export interface ClassInfo {
  readonly address: number;
  readonly name: string;
  /** Address of the parent's entry, 0 for none. */
  readonly parent: number;
  readonly isUser: boolean;
  /** It has magic methods for properties: a zval of guards follows those that are declared. */
  readonly hasGuards: boolean;
  /** Zvals of an object's declared properties. */
  readonly properties: number;
  /** Their names, by slot. */
  readonly propertyName: (slot: number) => string;
}

const USER_CLASS = 2;
/** ZEND_ACC_USE_GUARDS (Zend/zend_compile.h): 1 << 11 from 7.4 to 8.5. */
const USE_GUARDS = 1 << 11;
/** Classes that were looked at last, by their addresses: most objects are of a few. */
const LATEST = 256;
const MOST_PROPERTIES = 1 << 16;
const MOST_PARENTS = 256;
/** Offset of the first property in a zend_object (Zend/zend_types.h). */
export const PROPERTIES_AT = 40;
const ZVAL_BYTES = 16;

/** The classes that objects are of, each read once. */
export class Classes {
  private readonly known = new Map<number, ClassInfo | undefined>();
  private readonly latestLow = new Uint32Array(LATEST);
  private readonly latestHigh = new Uint32Array(LATEST);
  private readonly latest = new Array<ClassInfo | undefined>(LATEST).fill(undefined);

  constructor(private readonly image: MemoryImage) {}

  /** Undefined where no class entry can lie at that address. */
  at(address: number): ClassInfo | undefined {
    if (this.known.has(address)) return this.known.get(address);
    const info = this.read(address);
    this.known.set(address, info);
    return info;
  }

  /** The same for an address as its two halves: asked for every object. */
  atWords(low: number, high: number): ClassInfo | undefined {
    const place = (low >>> 4) % LATEST;
    if (this.latestLow[place] === low && this.latestHigh[place] === high) return this.latest[place];
    const info = this.at(high * 2 ** 32 + low);
    this.latestLow[place] = low;
    this.latestHigh[place] = high;
    this.latest[place] = info;
    return info;
  }

  /** The class or the nearest of its parents that is no class of PHP code and has one of these names. */
  builtinAmong<Name extends string>(info: ClassInfo, names: readonly Name[]): Name | undefined {
    let at: ClassInfo | undefined = info;
    for (let depth = 0; at !== undefined && depth < MOST_PARENTS; depth++) {
      const { isUser, name } = at;
      const found = isUser ? undefined : names.find((wanted) => wanted === name);
      if (found !== undefined) return found;
      at = at.parent === 0 ? undefined : this.at(at.parent);
    }
    return undefined;
  }

  private read(address: number): ClassInfo | undefined {
    const { image } = this;
    const { classEntry } = image.header.structures;
    if (address === 0 || image.at(address) < 0) return undefined;
    const type = image.uint8(address + classEntry.type);
    const name = readName(image, image.pointer(address + image.header.engine.classEntry.name));
    const properties = image.uint32(address + classEntry.defaultPropertiesCount);
    if ((type !== 1 && type !== USER_CLASS) || name === undefined || name === '' || properties > MOST_PROPERTIES) {
      return undefined;
    }
    let names: Map<number, string> | undefined;
    return {
      address,
      // An anonymous class is named `class@anonymous`, NUL, and where it stands.
      name: name.replace(/\0[^]*/, ''),
      parent: image.pointer(address + classEntry.parent),
      isUser: type === USER_CLASS,
      hasGuards: (image.uint32(address + classEntry.flags) & USE_GUARDS) !== 0,
      properties,
      propertyName: (slot) => (names ??= this.propertyNames(address)).get(slot) ?? String(slot),
    };
  }

  /** Instance properties by slot. */
  private propertyNames(address: number): Map<number, string> {
    const names = new Map<number, string>();
    const { propertyInfo } = this.image.header.structures;
    for (const { info, name } of this.infosOf(address)) {
      if ((this.image.uint32(info + propertyInfo.flags) & propertyInfo.staticFlag) !== 0) continue;
      names.set((this.image.uint32(info + propertyInfo.offset) - PROPERTIES_AT) / ZVAL_BYTES, name);
    }
    return names;
  }

  /** Static properties by index. */
  staticNames(address: number): Map<number, string> {
    const names = new Map<number, string>();
    const { propertyInfo } = this.image.header.structures;
    for (const { info, name } of this.infosOf(address)) {
      if ((this.image.uint32(info + propertyInfo.flags) & propertyInfo.staticFlag) === 0) continue;
      names.set(this.image.uint32(info + propertyInfo.offset), name);
    }
    return names;
  }

  private infosOf(address: number): { info: number; name: string }[] {
    const { image } = this;
    const found: { info: number; name: string }[] = [];
    const at = image.at(address + image.header.structures.classEntry.propertiesInfo);
    if (at < 0) return found;
    forEachElement(image, at, (element, key) => {
      const name = readName(image, key);
      if (name !== undefined) found.push({ info: image.pointerAt(element), name });
    });
    return found;
  }
}
