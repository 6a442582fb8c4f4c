/**
 * Energy: meters, named windows, estimates where there is no meter, and the tables made from them.
 * {@link io.earlybird.energy.EnergyMonitor} is where to begin.
 */
package io.earlybird.energy;
