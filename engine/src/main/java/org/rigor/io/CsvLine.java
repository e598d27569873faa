// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldModifiers;
import java.nio.file.Path;
import java.util.List;

/**
 * A line of text cells between commas (RFC 4180, parsed by FastCSV); {@link Csv} reads numbers.
 *
 * @param number of the line in its file, from 1
 * @param cells without spaces around them
 */
public record CsvLine(long number, List<String> cells) {
  public CsvLine {
    cells = List.copyOf(cells);
  }

  /**
   * Reads the lines of a file that are not empty, unpacked if it is gzipped.
   *
   * @throws DataException with the line, if it is damaged
   */
  public static List<CsvLine> read(Path file) {
    String text = Utf8.read(file);
    if (text.chars().filter(c -> c == '"').count() % 2 != 0) {
      long line = text.substring(0, text.lastIndexOf('"') + 1).lines().count();
      throw new DataException("%s:%d: a quoted cell does not end".formatted(file, line));
    }
    CsvRecordHandler stripped =
        CsvRecordHandler.builder().fieldModifier(FieldModifiers.STRIP).build();
    try {
      return CsvReader.builder()
          .skipEmptyLines(true)
          .allowExtraFields(true)
          .allowMissingFields(true)
          .allowExtraCharsAfterClosingQuote(false)
          .trimWhitespacesAroundQuotes(true)
          .build(stripped, text)
          .stream()
          .map(CsvLine::of)
          .filter(l -> !l.cells.stream().allMatch(String::isEmpty))
          .toList();
    } catch (CsvParseException e) {
      Throwable why = e.getCause() == null ? e : e.getCause();
      throw new DataException(file + ": " + why.getMessage() + " (" + e.getMessage() + ")", e);
    }
  }

  private static CsvLine of(CsvRecord r) {
    return new CsvLine(r.getStartingLineNumber(), r.getFields());
  }
}
