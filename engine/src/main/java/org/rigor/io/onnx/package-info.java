// SPDX-License-Identifier: Apache-2.0
/**
 * ONNX files as plain records, by the protobuf wire format alone. What the operators mean is
 * decided elsewhere: here a file is only taken apart, checked and put together.
 */
package org.rigor.io.onnx;
