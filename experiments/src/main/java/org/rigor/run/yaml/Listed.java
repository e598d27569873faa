// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;

/**
 * Marks an interface whose records are selected by {@code type:} from a list rather than from the
 * {@code permits} clause of a sealed interface, so that other packages and plugins can add to it.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Listed {
  /** Returns the class that supplies the list; it has a public no-argument constructor. */
  Class<? extends Source> value();

  /** A list of records. */
  interface Source {
    /** Returns the records, each a public record that implements the interface. */
    List<? extends Class<?>> records();
  }
}
