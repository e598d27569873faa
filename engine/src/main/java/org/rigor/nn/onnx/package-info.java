// SPDX-License-Identifier: Apache-2.0
/**
 * Networks from ONNX files: the semantics of operators. To add one: an entry in the table of {@link
 * org.rigor.nn.onnx.Operators} and a comparison with ONNX Runtime in the test.
 */
package org.rigor.nn.onnx;
