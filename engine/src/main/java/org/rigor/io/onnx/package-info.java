// SPDX-License-Identifier: Apache-2.0
/**
 * ONNX files as plain records, read from the protobuf wire format. The package only parses, checks
 * and assembles files; other packages define what the operators mean.
 */
package org.rigor.io.onnx;
