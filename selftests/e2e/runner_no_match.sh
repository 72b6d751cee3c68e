#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A pattern that no case has.

exec "$TREE/selftests/run" no-such-case
