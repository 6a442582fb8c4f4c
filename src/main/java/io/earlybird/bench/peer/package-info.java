/** Competitors, as processes of their own, measured side by side with the engine. */
package io.earlybird.bench.peer;
