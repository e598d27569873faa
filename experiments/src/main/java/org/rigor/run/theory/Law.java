// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Listed;

/**
 * One law of a paper, or one computation that needs no grid of trained networks. Records implement
 * it: their components are the law's options, bound from YAML with their defaults, and {@code
 * type:} is the record's name in kebab case or its {@code @TypeName}.
 *
 * <p>A law measures through the engine's own code wherever the engine has it; a second
 * implementation of a computation would prove nothing about Rigor. A law is deterministic given its
 * options and {@link Lab#seed}, and each of its rows must disagree when its prediction is moved by
 * 5 % to either side, or by 0.01 where it is zero.
 */
@Doc("A law: what a theory predicts beside what is measured.")
@Listed(Laws.class)
public interface Law {

  /** Returns the paper's folder and the law's number, for example {@code deep-linear/B1}. */
  String id();

  /** Returns paper and equation, for example {@code Laus et al. 2025; W1(t) P_perp, identity I}. */
  String source();

  /** Returns the statement in one sentence. */
  String says();

  /** Measures the law and hands all findings to the lab. */
  void measure(Lab lab);
}
