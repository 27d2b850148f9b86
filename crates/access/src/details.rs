//! What the screen shows below the sentence.

use crate::cited::Finding;
use crate::explanation::Details;
use crate::question::Question;

pub(crate) fn without_binding(_question: &Question<'_>) -> Details {
    Details::default()
}

pub(crate) fn of_binding(_question: &Question<'_>, _finding: &Finding<'_>) -> Details {
    Details::default()
}
