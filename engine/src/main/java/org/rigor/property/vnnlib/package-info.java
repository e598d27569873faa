// SPDX-License-Identifier: Apache-2.0
/** Readers of VNN-LIB 1.x, as the competitions VNN-COMP use it, and of VNN-LIB 2.0. */
package org.rigor.property.vnnlib;
