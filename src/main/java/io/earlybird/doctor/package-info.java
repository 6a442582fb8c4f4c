/**
 * Looks at the machine and says what earlybird finds on it, what is missing and what to do about
 * it. Nothing is loaded, started or changed that could fail badly: libraries are found as files,
 * tools are asked for their version.
 */
package io.earlybird.doctor;
