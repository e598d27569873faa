// SPDX-License-Identifier: Apache-2.0
/**
 * Strict binding of YAML to records, which reports all problems at once with their places.
 * Overrides, canonical text, explanations and JSON Schema use the same declarations.
 */
package org.rigor.run.yaml;
