// SPDX-License-Identifier: Apache-2.0
/**
 * A study as records. Keys, types, ranges, defaults and descriptions are declared only here; the
 * binder, {@code explain} and the JSON Schema read them. To add a key, add a component with its
 * annotations.
 */
package org.rigor.run.study;
