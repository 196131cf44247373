import { checkHeld } from './check-held.js';
import { integration, php } from './harness.js';

integration('the way to an object is told in full, whatever holds it', (t, place) => checkHeld(t, place, [php]));
