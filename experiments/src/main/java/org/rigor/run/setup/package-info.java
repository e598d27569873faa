// SPDX-License-Identifier: Apache-2.0
/**
 * The conversion of a study's records into the engine's data, networks, training methods and
 * optimisers, with one table per family.
 */
package org.rigor.run.setup;
