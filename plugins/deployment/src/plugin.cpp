// SPDX-License-Identifier: Apache-2.0
#include "stage.hpp"
#include "tidegate_manifest.h"

TIDEGATE_PLUGIN(tidegate::deployment::make);
