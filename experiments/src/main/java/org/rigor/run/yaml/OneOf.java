// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;

/**
 * Limits a text, or each text of a list, to names that are listed elsewhere. Unlike the constants
 * of an enum, such a list can grow without a change to the record.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface OneOf {
  /** Returns the class that supplies the names; it has a public no-argument constructor. */
  Class<? extends Source> value();

  /** A list of names. */
  interface Source {
    /** Returns the names. */
    List<String> names();

    /** Returns a class with the code behind a name; a plugin's code affects results. */
    Class<?> code(String name);
  }
}
