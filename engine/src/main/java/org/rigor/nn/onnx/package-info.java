// SPDX-License-Identifier: Apache-2.0
/**
 * Networks from ONNX files: what the operators mean. To add one: a case in {@link
 * org.rigor.nn.onnx.OnnxTrace}, its name in the list of supported operators, and a comparison with
 * ONNX Runtime in the test.
 */
package org.rigor.nn.onnx;
