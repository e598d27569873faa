// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

/**
 * A model file (ModelProto).
 *
 * @param source the file, for messages
 * @param irVersion version of the container format
 * @param opset version of the default operator set, which fixes what the operators mean
 * @param producer the program that wrote it, may be empty
 */
public record OnnxModel(
    String source, long irVersion, long opset, String producer, OnnxGraph graph) {}
