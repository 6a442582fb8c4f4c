package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import java.util.List;
import java.util.function.Supplier;

/**
 * One of several ways to compute an op.
 *
 * @param name what the run's record calls it; stands for the same arithmetic whenever it appears
 *     for the same op, shapes, threads and instruction set
 * @param implementation the code behind it
 * @param forms forms of its operands and results; two candidates of one implementation and equal
 *     forms are the same
 * @param kernel prepares it
 */
record Candidate(String name, String implementation, List<Form> forms, Supplier<Kernel> kernel) {
  boolean sameAs(Candidate other) {
    return implementation.equals(other.implementation) && forms.equals(other.forms);
  }
}
