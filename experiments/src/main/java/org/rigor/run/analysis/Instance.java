// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.nio.file.Path;

/**
 * A network and a property of it that is to be decided.
 *
 * @param number its place in the list, from 0
 * @param model ONNX file
 * @param property VNN-LIB file
 * @param seconds that its decision may take; those of one network are pooled
 * @param label names of both as they were given, for tables
 */
public record Instance(int number, Path model, Path property, double seconds, Label label) {
  /** Names as they were given. */
  public record Label(String model, String property) {}

  /** Returns the instance of two files. */
  public static Instance of(Path model, Path property, double seconds) {
    return new Instance(
        0, model, property, seconds, new Label(model.toString(), property.toString()));
  }
}
