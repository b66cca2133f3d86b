// SPDX-License-Identifier: Apache-2.0
#include "tidegate_manifest.h"

#include "stage.hpp"

TIDEGATE_PLUGIN(tidegate::apply::make);
