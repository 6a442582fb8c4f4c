/**
 * The method on the engine: one network trained on one session, the search for tickets, their
 * retraining, and the pipeline that joins them; run folders and what it takes to resume.
 */
package io.earlybird.training;
