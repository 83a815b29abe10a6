//! How strange a point is, in units of what is usual.

/// How strange a point is, as it was measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strangeness {
    pub(super) relative: f32,
    pub(super) energy: f32,
    pub(super) near: f32,
    pub(super) nearer_outside: f32,
}

/// How strange held-out examples inside are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usual {
    pub(super) relative: Spread,
    pub(super) energy: Spread,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spread {
    mean: f32,
    /// One over the standard deviation; 0 where there are too few to know it.
    scale: f32,
}

impl Usual {
    pub(super) fn features(&self, strangeness: &Strangeness) -> [f32; 4] {
        [
            self.relative.of_value(strangeness.relative),
            self.energy.of_value(strangeness.energy),
            1.0 - strangeness.near,
            strangeness.nearer_outside,
        ]
    }
}

impl Spread {
    pub(super) fn of(values: impl Iterator<Item = f32> + Clone) -> Spread {
        let n = values.clone().count().max(1) as f32;
        let mean = values.clone().sum::<f32>() / n;
        let variance = values.map(|x| (x - mean) * (x - mean)).sum::<f32>() / n;
        let scale = if variance > 0.0 {
            variance.sqrt().recip()
        } else {
            0.0
        };
        Spread { mean, scale }
    }

    /// How many standard deviations `value` lies above the mean.
    fn of_value(self, value: f32) -> f32 {
        if self.scale > 0.0 {
            (value - self.mean) * self.scale
        } else {
            0.0
        }
    }
}
