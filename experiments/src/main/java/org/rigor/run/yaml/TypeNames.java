// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Map;

/**
 * The values of {@code type:} that select this record, where a list elsewhere decides which there
 * are. The record's component {@code type} holds the one that was given.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface TypeNames {
  Class<? extends Source> value();

  /** The values; an implementation needs a public constructor without parameters. */
  interface Source {
    /** Returns the sentence that explains each value. */
    Map<String, String> sentences();
  }
}
