// SPDX-License-Identifier: Apache-2.0
/**
 * Architectures by name, one file each, from the layers of {@code nn}. Their layers start as those
 * of PyTorch do. To add one: a class with a builder, a record in {@code ModelSpec} and a line in
 * {@code Networks} of the studies.
 */
package org.rigor.nn.models;
