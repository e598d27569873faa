// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A single whole number n is accepted for a list of whole numbers and stands for 0, 1, ..., n-1.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface OrCount {}
