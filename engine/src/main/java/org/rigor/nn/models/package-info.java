// SPDX-License-Identifier: Apache-2.0
/**
 * Architectures by name, one file each, from the layers of {@code nn}. Their layers initialise as
 * in PyTorch. To add one: a class with a builder, a record in {@code ModelSpec} and a line in
 * {@code Networks} of the studies.
 */
package org.rigor.nn.models;
