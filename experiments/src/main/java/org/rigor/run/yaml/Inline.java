// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A record whose keys stand beside those of the record that holds it, in text and in canonical
 * form: keys that several records share are declared once.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Inline {
  /** Defaults of this use, each as {@code key=text}, in place of those declared on the record. */
  String[] value() default {};
}
