// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.List;

/**
 * The description of a data set before it is used.
 *
 * @param name for tables
 * @param sha256 checksum of the bytes a trial sees, in hex; part of the trial's id
 * @param shape of one sample, without batch axis
 * @param classes number of classes
 * @param trainSamples training samples
 * @param testSamples test samples
 * @param notes choices its reader made, for the user
 */
public record DataIdentity(
    String name,
    String sha256,
    List<Integer> shape,
    int classes,
    int trainSamples,
    int testSamples,
    List<String> notes) {

  /** Creates a description without notes. */
  public DataIdentity(
      String name,
      String sha256,
      List<Integer> shape,
      int classes,
      int trainSamples,
      int testSamples) {
    this(name, sha256, shape, classes, trainSamples, testSamples, List.of());
  }
}
