//! Values by number, of numbers most of which have none: of states, what is found out of some.
//!
//! Pages are made when something is first put into them, so that what is known of one of a million
//! states costs neither time nor memory for the others.

const PAGE: usize = 64;

pub(crate) struct Pages<T> {
    pages: Vec<Option<Box<[Option<T>; PAGE]>>>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Pages { pages: Vec::new() }
    }
}

impl<T> Pages<T> {
    #[inline]
    pub fn get(&self, number: usize) -> Option<&T> {
        self.pages.get(number / PAGE)?.as_ref()?[number % PAGE].as_ref()
    }

    pub fn set(&mut self, number: usize, value: T) {
        let page = number / PAGE;
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || None);
        }
        let page = self.pages[page].get_or_insert_with(|| Box::new([const { None }; PAGE]));
        page[number % PAGE] = Some(value);
    }
}

#[cfg(test)]
mod tests {
    use super::Pages;

    #[test]
    fn a_value_is_where_it_was_put_and_nowhere_else() {
        let mut pages = Pages::default();
        let numbers = (0..10_000usize).filter(|number| number % 37 == 5 || number / 1000 == 3);
        numbers.clone().for_each(|number| pages.set(number, number + 1));
        let mut wanted = numbers.peekable();
        for number in 0..11_000 {
            let value = wanted.next_if_eq(&number).map(|number| number + 1);
            assert_eq!(pages.get(number).copied(), value);
        }
        pages.set(5, 0);
        assert_eq!(pages.get(5), Some(&0));
    }
}
