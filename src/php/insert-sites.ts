import type { Disassembler } from './disassembly.js';
import { findEntrySite } from './entry-site.js';
import type { EntrySite } from './entry-site.js';

/**
 * Functions that may put an element into the array that is their first argument (Zend/zend_hash.h, PHP 7.4 to 8.5): what
 * the VM, extensions and the functions for arrays call. Which there are depends on the version.
 */
const INSERTS = [
  'zend_hash_add',
  'zend_hash_add_new',
  'zend_hash_add_or_update',
  'zend_hash_add_empty_element',
  'zend_hash_update',
  'zend_hash_update_ind',
  'zend_hash_lookup',
  'zend_hash_str_add',
  'zend_hash_str_add_new',
  'zend_hash_str_update',
  'zend_hash_str_update_ind',
  'zend_hash_index_add',
  'zend_hash_index_add_new',
  'zend_hash_index_add_or_update',
  'zend_hash_index_add_empty_element',
  'zend_hash_index_update',
  'zend_hash_index_lookup',
  'zend_hash_next_index_insert',
  'zend_hash_next_index_insert_new',
];

/** Where those that a binary exports are called. */
export function findInsertSites(disassembler: Disassembler): EntrySite[] {
  return INSERTS.filter((name) => disassembler.image.symbol(name) !== undefined).map((name) =>
    findEntrySite(disassembler, name),
  );
}
