// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import org.rigor.run.yaml.Numbers;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A converter of numbers in the grammar of studies: {@code 8/255}, {@code 1e-3}. */
final class NumberConverter implements ITypeConverter<Double> {
  @Override
  public Double convert(String text) {
    try {
      return Numbers.parse(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
