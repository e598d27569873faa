// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

/** Missing rule of an operation that a transform needs: skipping the operation would be unsound. */
public final class MissingRuleException extends UnsupportedOperationException {
  private static final long serialVersionUID = 1;

  private final transient Value value;
  private final String rule;
  private final String why;

  /**
   * @param rule what is missing, for example "slope rule"
   * @param value whose operation lacks it
   * @param why what the rule would need; may be empty
   */
  public MissingRuleException(String rule, Value value, String why) {
    super(
        "no "
            + rule
            + " for "
            + value.op()
            + (why.isEmpty() ? "" : ", " + why)
            + "; traced at "
            + value.origin());
    this.value = value;
    this.rule = rule;
    this.why = why;
  }

  /** Returns the value whose operation lacks the rule. */
  public Value value() {
    return value;
  }

  /** Returns what is missing, for example "slope rule". */
  public String rule() {
    return rule;
  }

  /** Returns what the rule would need; may be empty. */
  public String why() {
    return why;
  }
}
