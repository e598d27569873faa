// SPDX-License-Identifier: Apache-2.0
/**
 * YAML to records, strictly: all problems at once, each with its place; overrides, canonical text,
 * explanations and JSON Schema come from the same declarations.
 */
package org.rigor.run.yaml;
