// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a component whose keys appear among those of the enclosing record, in text and in canonical
 * form, so that several records can share the declaration of their keys.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Inline {
  /** Defaults for this use as {@code key=text}; they replace those declared on the record. */
  String[] value() default {};
}
