/** Measurements of the engine on this machine. */
package io.earlybird.bench;
