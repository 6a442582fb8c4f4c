/**
 * Judges kernels. Every op of the closed list, on every backend present, is run on seeded random
 * shapes with tails and compared with the reference; every gradient rule is compared with finite
 * differences in double. Whoever adds a kernel finds out here whether it is right.
 */
package io.earlybird.verify;
