// SPDX-License-Identifier: Apache-2.0
/**
 * Laws: what a theory predicts beside what is measured. A law is one record on one list; a study of
 * {@code type: theory} names laws, runs them and prints prediction, measurement and verdict.
 */
package org.rigor.run.theory;
