// SPDX-License-Identifier: Apache-2.0
/**
 * A study as records. Keys, types, ranges, defaults and sentences are declared here and nowhere
 * else; binder, {@code explain} and JSON Schema read them. To add a key: a component with its
 * annotations.
 */
package org.rigor.run.study;
