// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import java.util.List;

/** Condition on inputs and outputs, of rows joined by and and or. */
public sealed interface Formula permits Row, Formula.And, Formula.Or {
  /** Result of a formula by its kind. */
  interface Visitor<T> {
    T row(Row row);

    T and(And and);

    T or(Or or);
  }

  <T> T accept(Visitor<T> visitor);

  /** All of them; true if there are none. */
  record And(List<Formula> parts) implements Formula {
    public And {
      parts = List.copyOf(parts);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.and(this);
    }
  }

  /** Any of them; false if there are none. */
  record Or(List<Formula> parts) implements Formula {
    public Or {
      parts = List.copyOf(parts);
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.or(this);
    }
  }
}
