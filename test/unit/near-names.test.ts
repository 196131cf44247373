import test from 'ava';
import { nearNames, suggest } from '../../src/php/near-names.js';

test('a name with a slip is near', (t) => {
  t.deepEqual(nearNames('hanlde', ['handle', 'render', 'main']), ['handle']);
});

test('case does not matter, as in PHP', (t) => {
  t.deepEqual(nearNames('HANDLE', ['Handle']), ['Handle']);
});

test('a name that holds the one asked for is near, however long it is', (t) => {
  t.deepEqual(nearNames('handle', ['handleTheNextRequestOfThisConnection']), ['handleTheNextRequestOfThisConnection']);
});

test('a few letters are near only where a word of the name begins with them', (t) => {
  t.deepEqual(nearNames('run', ['truncateTable', 'runOnce', 'Loop::doRun', 're_run', 'prunes']), [
    'Loop::doRun',
    're_run',
    'runOnce',
  ]);
});

test('a bare name is compared with the methods of that name', (t) => {
  t.deepEqual(nearNames('handle', ['App\\Worker::handle', 'App\\Worker::boot']), ['App\\Worker::handle']);
});

test('a method is compared as a whole', (t) => {
  t.deepEqual(nearNames('Worker::handel', ['Worker::handle', 'handle', 'Cleaner::sweep']), ['Worker::handle']);
});

test('the nearest come first, names as near in alphabetical order, and no more than three', (t) => {
  t.deepEqual(nearNames('process', ['processed', 'procexx', 'proces', 'doprocess', 'prxxxss', 'main']), [
    'doprocess',
    'processed',
    'proces',
  ]);
});

test('a name that is met twice is told once', (t) => {
  t.deepEqual(nearNames('handle', ['handle', 'handle']), ['handle']);
});

test('nothing near is nothing', (t) => {
  t.deepEqual(nearNames('handle', ['main', 'boot', 'x']), []);
  t.deepEqual(nearNames('handle', []), []);
});

test('suggestions read as a question, and none are silent', (t) => {
  t.is(suggest(['handle', 'Worker::handle']), ' (did you mean handle, Worker::handle?)');
  t.is(suggest([]), '');
});
